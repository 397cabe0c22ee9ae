//! IAM: bodies as `get-account-authorization-details` has them, policy documents as JSON.

use super::super::fold::Fold;
use super::super::rule::{Do, Rule, code, rule};

const GROUP: &str = "AWS::IAM::Group";
const KEY: &str = "AWS::IAM::AccessKey";
const POLICY: &str = "AWS::IAM::ManagedPolicy";
const PROFILE: &str = "AWS::IAM::InstanceProfile";
const ROLE: &str = "AWS::IAM::Role";
const USER: &str = "AWS::IAM::User";
const ORGANIZATION: &str = "AWS::Organizations::Policy";

const U: &str = "in.UserName";
const R: &str = "in.RoleName";
const G: &str = "in.GroupName";

const INLINE: &[(&str, &str)] =
    &[("PolicyName", "in.PolicyName"), ("PolicyDocument", "json:in.PolicyDocument")];
const ATTACHED: &[(&str, &str)] =
    &[("PolicyArn", "in.PolicyArn"), ("PolicyName", "name:in.PolicyArn")];
const BOUNDARY: &[(&str, &str)] =
    &[("PermissionsBoundary", "object:PermissionsBoundaryArn=in.PermissionsBoundary")];
const ATTACHED_LIST: &str = "AttachedManagedPolicies";

pub(super) const RULES: &[Rule] = &[
    rule(
        "iam:CreateUser",
        USER,
        U,
        Do::Create(
            "out.User",
            &[
                ("UserPolicyList", "![]"),
                ("GroupList", "![]"),
                (ATTACHED_LIST, "![]"),
                ("Tags", "in.Tags"),
            ],
        ),
    ),
    rule("iam:DeleteUser", USER, U, Do::Delete),
    rule("iam:PutUserPolicy", USER, U, Do::Put("UserPolicyList", INLINE)),
    rule("iam:DeleteUserPolicy", USER, U, Do::Remove("UserPolicyList", "in.PolicyName")),
    rule("iam:AttachUserPolicy", USER, U, Do::Put(ATTACHED_LIST, ATTACHED)),
    rule("iam:DetachUserPolicy", USER, U, Do::Remove(ATTACHED_LIST, "in.PolicyArn")),
    rule("iam:PutUserPermissionsBoundary", USER, U, Do::Set(BOUNDARY)),
    rule("iam:DeleteUserPermissionsBoundary", USER, U, Do::Unset(&["PermissionsBoundary"])),
    rule("iam:TagUser", USER, U, Do::PutAll("Tags", "in.Tags")),
    rule("iam:UntagUser", USER, U, Do::Remove("Tags", "in.TagKeys")),
    rule("iam:AddUserToGroup", USER, U, Do::PutAll("GroupList", G)),
    rule("iam:RemoveUserFromGroup", USER, U, Do::Remove("GroupList", G)),
    rule("iam:CreateLoginProfile", USER, U, Do::Set(&[("LoginProfile", "out.LoginProfile")])),
    rule("iam:UpdateLoginProfile", USER, U, Do::Forget(&["LoginProfile"])),
    rule("iam:DeleteLoginProfile", USER, U, Do::Unset(&["LoginProfile"])),
    rule(
        "iam:CreateAccessKey",
        KEY,
        "out.AccessKey.AccessKeyId",
        Do::Create("out.AccessKey", &[("UserName", U)]),
    ),
    code("iam:CreateAccessKey", |fold| {
        if let Some(id) = fold.call.answer_text("AccessKey.AccessKeyId").map(str::to_owned) {
            fold.edit(KEY, &id, |draft| draft.forget("SecretAccessKey"));
        }
    }),
    rule(
        "iam:UpdateAccessKey",
        KEY,
        "in.AccessKeyId",
        Do::Set(&[("UserName", U), ("Status", "in.Status")]),
    ),
    rule("iam:DeleteAccessKey", KEY, "in.AccessKeyId", Do::Delete),
    rule(
        "iam:CreateGroup",
        GROUP,
        G,
        Do::Create("out.Group", &[("GroupPolicyList", "![]"), (ATTACHED_LIST, "![]")]),
    ),
    rule("iam:DeleteGroup", GROUP, G, Do::Delete),
    rule("iam:PutGroupPolicy", GROUP, G, Do::Put("GroupPolicyList", INLINE)),
    rule("iam:DeleteGroupPolicy", GROUP, G, Do::Remove("GroupPolicyList", "in.PolicyName")),
    rule("iam:AttachGroupPolicy", GROUP, G, Do::Put(ATTACHED_LIST, ATTACHED)),
    rule("iam:DetachGroupPolicy", GROUP, G, Do::Remove(ATTACHED_LIST, "in.PolicyArn")),
    rule(
        "iam:CreateRole",
        ROLE,
        R,
        Do::Create(
            "out.Role",
            &[
                ("RoleName", R),
                ("AssumeRolePolicyDocument", "json:in.AssumeRolePolicyDocument"),
                ("RolePolicyList", "![]"),
                ("InstanceProfileList", "![]"),
                (ATTACHED_LIST, "![]"),
                ("Tags", "in.Tags"),
            ],
        ),
    ),
    rule(
        "iam:CreateServiceLinkedRole",
        ROLE,
        "out.Role.RoleName",
        Do::Create(
            "out.Role",
            &[("AssumeRolePolicyDocument", "json:out.Role.AssumeRolePolicyDocument")],
        ),
    ),
    // The policies of a service's role are the service's: no event tells them.
    rule(
        "iam:CreateServiceLinkedRole",
        ROLE,
        "out.Role.RoleName",
        Do::Forget(&[ATTACHED_LIST, "RolePolicyList"]),
    ),
    rule("iam:DeleteRole", ROLE, R, Do::Delete),
    rule("iam:DeleteServiceLinkedRole", ROLE, R, Do::Delete),
    rule(
        "iam:UpdateAssumeRolePolicy",
        ROLE,
        R,
        Do::Set(&[("AssumeRolePolicyDocument", "json:in.PolicyDocument")]),
    ),
    rule(
        "iam:UpdateRole",
        ROLE,
        R,
        Do::Set(&[
            ("Description", "in.Description"),
            ("MaxSessionDuration", "in.MaxSessionDuration"),
        ]),
    ),
    rule("iam:PutRolePolicy", ROLE, R, Do::Put("RolePolicyList", INLINE)),
    rule("iam:DeleteRolePolicy", ROLE, R, Do::Remove("RolePolicyList", "in.PolicyName")),
    rule("iam:AttachRolePolicy", ROLE, R, Do::Put(ATTACHED_LIST, ATTACHED)),
    rule("iam:DetachRolePolicy", ROLE, R, Do::Remove(ATTACHED_LIST, "in.PolicyArn")),
    rule("iam:PutRolePermissionsBoundary", ROLE, R, Do::Set(BOUNDARY)),
    rule("iam:DeleteRolePermissionsBoundary", ROLE, R, Do::Unset(&["PermissionsBoundary"])),
    rule("iam:TagRole", ROLE, R, Do::PutAll("Tags", "in.Tags")),
    rule("iam:UntagRole", ROLE, R, Do::Remove("Tags", "in.TagKeys")),
    rule(
        "iam:CreateInstanceProfile",
        PROFILE,
        "in.InstanceProfileName",
        Do::Create("out.InstanceProfile", &[("Roles", "![]")]),
    ),
    rule("iam:DeleteInstanceProfile", PROFILE, "in.InstanceProfileName", Do::Delete),
    rule(
        "iam:AddRoleToInstanceProfile",
        PROFILE,
        "in.InstanceProfileName",
        Do::Put("Roles", &[("RoleName", R)]),
    ),
    rule(
        "iam:RemoveRoleFromInstanceProfile",
        PROFILE,
        "in.InstanceProfileName",
        Do::Remove("Roles", R),
    ),
    code("iam:CreatePolicy", create_policy),
    rule("iam:DeletePolicy", POLICY, "in.PolicyArn", Do::Delete),
    code("iam:CreatePolicyVersion", create_version),
    code("iam:SetDefaultPolicyVersion", |fold| {
        let version = fold.call.text("VersionId").map(str::to_owned);
        set_default(fold, version);
    }),
    rule(
        "iam:DeletePolicyVersion",
        POLICY,
        "in.PolicyArn",
        Do::Remove("PolicyVersionList", "in.VersionId"),
    ),
    rule(
        "organizations:UpdatePolicy",
        ORGANIZATION,
        "in.PolicyId",
        Do::Set(&[
            ("Name", "in.Name"),
            ("Description", "in.Description"),
            ("Content", "json:in.Content"),
        ]),
    ),
    rule(
        "organizations:AttachPolicy",
        ORGANIZATION,
        "in.PolicyId",
        Do::Put("Targets", &[("TargetId", "in.TargetId")]),
    ),
    rule(
        "organizations:DetachPolicy",
        ORGANIZATION,
        "in.PolicyId",
        Do::Remove("Targets", "in.TargetId"),
    ),
];

fn create_policy(fold: &mut Fold<'_>) {
    let arn = fold.call.answer_text("Policy.Arn").map(str::to_owned).or_else(|| {
        let (account, name) = (&fold.call.scope.account, fold.call.text("PolicyName")?);
        let path = fold.call.text("Path").unwrap_or("/");
        Some(format!("arn:aws:iam::{account}:policy{path}{name}"))
    });
    let Some(arn) = arn else { return };
    let mut body = fold.call.answer("Policy").cloned().unwrap_or_else(|| serde_json::json!({}));
    let document = super::super::rule::eval(fold, "json:in.PolicyDocument");
    if let Some(members) = body.as_object_mut() {
        if let Some(name) = fold.call.input.get("PolicyName") {
            members.insert("PolicyName".to_owned(), name.clone());
        }
        members.insert("Arn".to_owned(), serde_json::json!(arn));
        members.insert("DefaultVersionId".to_owned(), serde_json::json!("v1"));
        let version = serde_json::json!([{"VersionId": "v1", "IsDefaultVersion": true, "Document": document}]);
        members.insert("PolicyVersionList".to_owned(), version);
    }
    fold.recreate(POLICY, &arn, body);
    fold.edit(POLICY, &arn, |draft| draft.forget("AttachmentCount"));
}

fn create_version(fold: &mut Fold<'_>) {
    let Some(arn) = fold.call.text("PolicyArn").map(str::to_owned) else { return };
    let version = fold.call.answer_text("PolicyVersion.VersionId").map(str::to_owned);
    let document = super::super::rule::eval(fold, "json:in.PolicyDocument");
    let is_default =
        fold.call.input.get("SetAsDefault").and_then(serde_json::Value::as_bool) == Some(true);
    fold.edit(POLICY, &arn, |draft| match &version {
        Some(version) => draft.put(
            "PolicyVersionList",
            serde_json::json!({"VersionId": version, "IsDefaultVersion": false, "Document": document}),
        ),
        None => draft.open("PolicyVersionList"),
    });
    if is_default {
        set_default(fold, version);
    }
}

fn set_default(fold: &mut Fold<'_>, version: Option<String>) {
    let Some(arn) = fold.call.text("PolicyArn").map(str::to_owned) else { return };
    fold.edit(POLICY, &arn, |draft| {
        match &version {
            Some(version) => draft.set("DefaultVersionId", version.as_str()),
            None => draft.forget("DefaultVersionId"),
        }
        let ids: Vec<String> = draft
            .list("PolicyVersionList")
            .iter()
            .filter_map(|it| it.get("VersionId")?.as_str().map(str::to_owned))
            .collect();
        for id in ids {
            let is_default = Some(&id) == version.as_ref();
            draft.put_in("PolicyVersionList", &id, "IsDefaultVersion", is_default);
        }
    });
}
