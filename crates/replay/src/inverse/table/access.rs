//! Who may do what: IAM, organizations, keys, secrets.
//!
//! Bodies have the shape of `GetAccountAuthorizationDetails` for IAM, and of the services' own
//! descriptions elsewhere; a key's body also has `Policy`, `KeyRotationEnabled` and `Grants`.

use super::super::code::access;
use super::super::row::{Containment, Row, added, ended, removed, set};
use super::super::types::Class::{Compensating, Exact, Partial};

const ROLE: &str = "AWS::IAM::Role req.RoleName";
const USER: &str = "AWS::IAM::User req.UserName";
const GROUP: &str = "AWS::IAM::Group req.GroupName";
const POLICY: &str = "AWS::IAM::ManagedPolicy req.PolicyArn";
const DOCUMENT: Containment = Containment::Denies("PolicyDocument");

pub(super) const IAM: &[Row] = &[
    set(
        "PutRolePolicy",
        ROLE,
        &["PutRolePolicy RoleName=id PolicyName=req.PolicyName \
          PolicyDocument=text:old.RolePolicyList[{req.PolicyName}].PolicyDocument"],
    )
    .of("iam")
    .touches(&["RolePolicyList[{req.PolicyName}].PolicyDocument"])
    .or_none(&["DeleteRolePolicy RoleName=id PolicyName=req.PolicyName"])
    .check("GetRolePolicy RoleName=id PolicyName=req.PolicyName")
    .lax()
    .widens()
    .containment(DOCUMENT),
    removed(
        "DeleteRolePolicy",
        ROLE,
        &["RolePolicyList[{req.PolicyName}].PolicyDocument"],
        &["PutRolePolicy RoleName=id PolicyName=req.PolicyName \
          PolicyDocument=text:old.RolePolicyList[{req.PolicyName}].PolicyDocument"],
    )
    .of("iam")
    .check("GetRolePolicy RoleName=id PolicyName=req.PolicyName")
    .widens(),
    added(
        "AttachRolePolicy",
        ROLE,
        &["AttachedManagedPolicies[{req.PolicyArn}]"],
        &["DetachRolePolicy RoleName=id PolicyArn=req.PolicyArn"],
    )
    .of("iam")
    .check("ListAttachedRolePolicies RoleName=id")
    .lax()
    .containment(Containment::DenyingName("PolicyArn")),
    removed(
        "DetachRolePolicy",
        ROLE,
        &["AttachedManagedPolicies[{req.PolicyArn}]"],
        &["AttachRolePolicy RoleName=id PolicyArn=req.PolicyArn"],
    )
    .of("iam")
    .check("ListAttachedRolePolicies RoleName=id")
    .widens(),
    set(
        "PutUserPolicy",
        USER,
        &["PutUserPolicy UserName=id PolicyName=req.PolicyName \
          PolicyDocument=text:old.UserPolicyList[{req.PolicyName}].PolicyDocument"],
    )
    .of("iam")
    .touches(&["UserPolicyList[{req.PolicyName}].PolicyDocument"])
    .or_none(&["DeleteUserPolicy UserName=id PolicyName=req.PolicyName"])
    .check("GetUserPolicy UserName=id PolicyName=req.PolicyName")
    .lax()
    .widens()
    .containment(DOCUMENT),
    removed(
        "DeleteUserPolicy",
        USER,
        &["UserPolicyList[{req.PolicyName}].PolicyDocument"],
        &["PutUserPolicy UserName=id PolicyName=req.PolicyName \
          PolicyDocument=text:old.UserPolicyList[{req.PolicyName}].PolicyDocument"],
    )
    .of("iam")
    .check("GetUserPolicy UserName=id PolicyName=req.PolicyName")
    .widens(),
    added(
        "AttachUserPolicy",
        USER,
        &["AttachedManagedPolicies[{req.PolicyArn}]"],
        &["DetachUserPolicy UserName=id PolicyArn=req.PolicyArn"],
    )
    .of("iam")
    .check("ListAttachedUserPolicies UserName=id")
    .lax()
    .containment(Containment::DenyingName("PolicyArn")),
    removed(
        "DetachUserPolicy",
        USER,
        &["AttachedManagedPolicies[{req.PolicyArn}]"],
        &["AttachUserPolicy UserName=id PolicyArn=req.PolicyArn"],
    )
    .of("iam")
    .check("ListAttachedUserPolicies UserName=id")
    .widens(),
    set(
        "PutGroupPolicy",
        GROUP,
        &["PutGroupPolicy GroupName=id PolicyName=req.PolicyName \
          PolicyDocument=text:old.GroupPolicyList[{req.PolicyName}].PolicyDocument"],
    )
    .of("iam")
    .touches(&["GroupPolicyList[{req.PolicyName}].PolicyDocument"])
    .or_none(&["DeleteGroupPolicy GroupName=id PolicyName=req.PolicyName"])
    .check("GetGroupPolicy GroupName=id PolicyName=req.PolicyName")
    .lax()
    .widens()
    .containment(DOCUMENT),
    removed(
        "DetachGroupPolicy",
        GROUP,
        &["AttachedManagedPolicies[{req.PolicyArn}]"],
        &["AttachGroupPolicy GroupName=id PolicyArn=req.PolicyArn"],
    )
    .of("iam")
    .check("ListAttachedGroupPolicies GroupName=id")
    .widens(),
    removed(
        "RemoveUserFromGroup",
        USER,
        &["GroupList[{req.GroupName}]"],
        &["AddUserToGroup GroupName=req.GroupName UserName=id"],
    )
    .of("iam")
    .check("ListGroupsForUser UserName=id")
    .widens(),
    set("CreatePolicyVersion", POLICY, &["SetDefaultPolicyVersion", "DeletePolicyVersion"])
        .of("iam")
        .code(access::version_back)
        .widens()
        .containment(DOCUMENT),
    set(
        "SetDefaultPolicyVersion",
        POLICY,
        &["SetDefaultPolicyVersion PolicyArn=id VersionId=old.DefaultVersionId"],
    )
    .of("iam")
    .touches(&["DefaultVersionId"])
    .widens(),
    removed(
        "DeletePolicyVersion",
        POLICY,
        &["PolicyVersionList[{req.VersionId}]"],
        &["CreatePolicyVersion PolicyArn=id \
          PolicyDocument=text:old.PolicyVersionList[{req.VersionId}].Document"],
    )
    .of("iam")
    .class(Compensating)
    .check("GetPolicyVersion PolicyArn=id VersionId=step1.PolicyVersion.VersionId")
    .lost(&["the version's number"]),
    ended(
        "DeletePolicy",
        POLICY,
        &["CreatePolicy PolicyName=old.PolicyName|last:id Path?=old.Path \
          PolicyDocument=text:old.PolicyVersionList[{old.DefaultVersionId}].Document \
          Description?=old.Description Tags?=taglist:old.Tags"],
    )
    .of("iam")
    .widens()
    .lost(&["older versions"])
    .notes(&["it is detached from all before it is deleted: undo those events too"]),
    set(
        "UpdateAssumeRolePolicy",
        ROLE,
        &["UpdateAssumeRolePolicy RoleName=id PolicyDocument=text:old.AssumeRolePolicyDocument"],
    )
    .of("iam")
    .touches(&["AssumeRolePolicyDocument"])
    .widens()
    .containment(DOCUMENT),
    ended(
        "DeleteRole",
        ROLE,
        &[
            "CreateRole RoleName=id Path?=old.Path Description?=old.Description \
             AssumeRolePolicyDocument=text:old.AssumeRolePolicyDocument \
             MaxSessionDuration?=old.MaxSessionDuration \
             PermissionsBoundary?=old.PermissionsBoundary.PermissionsBoundaryArn \
             Tags?=taglist:old.Tags",
            "@RolePolicyList PutRolePolicy RoleName=id PolicyName=each.PolicyName \
             PolicyDocument=text:each.PolicyDocument",
            "@AttachedManagedPolicies AttachRolePolicy RoleName=id PolicyArn=each.PolicyArn",
        ],
    )
    .of("iam")
    .widens()
    .lost(&["the role's unique id: policies that name it by that id no longer hold"])
    .notes(&[
        "policies are taken off before a role is deleted: undo those events too",
        "it must be put back into its instance profiles",
    ]),
    set(
        "PutRolePermissionsBoundary",
        ROLE,
        &["PutRolePermissionsBoundary RoleName=id \
          PermissionsBoundary=old.PermissionsBoundary.PermissionsBoundaryArn"],
    )
    .of("iam")
    .touches(&["PermissionsBoundary.PermissionsBoundaryArn"])
    .or_none(&["DeleteRolePermissionsBoundary RoleName=id"])
    .lax()
    .widens()
    .containment(Containment::DenyingName("PermissionsBoundary")),
    removed(
        "DeleteRolePermissionsBoundary",
        ROLE,
        &["PermissionsBoundary.PermissionsBoundaryArn"],
        &["PutRolePermissionsBoundary RoleName=id \
          PermissionsBoundary=old.PermissionsBoundary.PermissionsBoundaryArn"],
    )
    .of("iam"),
    set(
        "UpdateAccessKey",
        "AWS::IAM::AccessKey req.AccessKeyId",
        &["UpdateAccessKey UserName?=req.UserName AccessKeyId=id Status=old.Status"],
    )
    .of("iam")
    .touches(&["Status"])
    .widens()
    .containment(Containment::When("Status", "Inactive"))
    .notes(&["never make a key active again that may be known to others"]),
    removed(
        "RemoveRoleFromInstanceProfile",
        "AWS::IAM::InstanceProfile req.InstanceProfileName",
        &["Roles[{req.RoleName}]"],
        &["AddRoleToInstanceProfile InstanceProfileName=id RoleName=req.RoleName"],
    )
    .of("iam")
    .widens(),
    ended(
        "DeleteServiceLinkedRole",
        ROLE,
        &["CreateServiceLinkedRole AWSServiceName=service_of_path:old.Path"],
    )
    .of("iam")
    .lost(&["the role's unique id"]),
];

const SCP: &str = "AWS::Organizations::Policy req.PolicyId";

pub(super) const ORGANIZATIONS: &[Row] = &[
    added(
        "AttachPolicy",
        SCP,
        &["Targets[{req.TargetId}]"],
        &["DetachPolicy PolicyId=id TargetId=req.TargetId"],
    )
    .of("organizations")
    .check("ListTargetsForPolicy PolicyId=id")
    .widens()
    // Such a policy only takes permissions away.
    .containment(Containment::Always)
    .notes(&["it affects every member account of the target"]),
    removed(
        "DetachPolicy",
        SCP,
        &["Targets[{req.TargetId}]"],
        &["AttachPolicy PolicyId=id TargetId=req.TargetId"],
    )
    .of("organizations")
    .check("ListTargetsForPolicy PolicyId=id")
    .notes(&["it affects every member account of the target"]),
    set("UpdatePolicy", SCP, &["UpdatePolicy PolicyId=id *"])
        .of("organizations")
        .back(&["Content=text:Content", "Name", "Description"])
        .widens()
        .containment(Containment::Denies("Content")),
];

const KEY: &str = "AWS::KMS::Key last:req.KeyId";

pub(super) const KMS: &[Row] = &[
    set("DisableKey", KEY, &["EnableKey KeyId=id"])
        .of("kms")
        .touches(&["KeyState"])
        .widens()
        .containment(Containment::Always)
        .notes(&["it hits every service that uses the key"]),
    set("EnableKey", KEY, &["DisableKey KeyId=id"]).of("kms").touches(&["KeyState"]),
    set("ScheduleKeyDeletion", KEY, &["CancelKeyDeletion KeyId=id", "EnableKey KeyId=id"])
        .of("kms")
        .touches(&["KeyState"])
        .code(access::key_back)
        .widens()
        .containment(Containment::Always)
        .notes(&["only within the waiting period"]),
    set(
        "PutKeyPolicy",
        KEY,
        &["PutKeyPolicy KeyId=id PolicyName=req.PolicyName|:\"default\" Policy=text:old.Policy"],
    )
    .of("kms")
    .touches(&["Policy"])
    .check("GetKeyPolicy KeyId=id PolicyName=:\"default\"")
    .widens()
    .containment(Containment::Denies("Policy"))
    .notes(&["the new policy may forbid the caller to change it"]),
    removed(
        "RevokeGrant",
        KEY,
        &["Grants[{req.GrantId}]"],
        &["CreateGrant KeyId=id GranteePrincipal=old.Grants[{req.GrantId}].GranteePrincipal \
          Operations=old.Grants[{req.GrantId}].Operations \
          Constraints?=old.Grants[{req.GrantId}].Constraints \
          RetiringPrincipal?=old.Grants[{req.GrantId}].RetiringPrincipal \
          Name?=old.Grants[{req.GrantId}].Name"],
    )
    .of("kms")
    .class(Compensating)
    .check("ListGrants KeyId=id")
    .widens()
    .lost(&["the grant's id and token"]),
    set(
        "UpdateAlias",
        "AWS::KMS::Alias req.AliasName",
        &["UpdateAlias AliasName=id TargetKeyId=old.TargetKeyId"],
    )
    .of("kms")
    .touches(&["TargetKeyId"]),
    ended(
        "DeleteAlias",
        "AWS::KMS::Alias req.AliasName",
        &["CreateAlias AliasName=id TargetKeyId=old.TargetKeyId"],
    )
    .of("kms")
    .class(Exact),
    set("DisableKeyRotation", KEY, &["EnableKeyRotation KeyId=id"])
        .of("kms")
        .touches(&["KeyRotationEnabled"])
        .check("GetKeyRotationStatus KeyId=id"),
];

const SECRET: &str = "AWS::SecretsManager::Secret secret:req.SecretId";

pub(super) const SECRETS: &[Row] = &[
    set("PutSecretValue", SECRET, &["UpdateSecretVersionStage"])
        .of("secretsmanager")
        .code(access::secret_stage_back)
        .notes(&["it works while the version from before still has a stage"]),
    set(
        "UpdateSecret",
        SECRET,
        &["UpdateSecretVersionStage", "UpdateSecret SecretId=req.SecretId *"],
    )
    .of("secretsmanager")
    .back(&[
        "KmsKeyId",
        "Description",
        "~SecretString=VersionIdsToStages",
        "~SecretBinary=VersionIdsToStages",
    ])
    .code(access::secret_back),
    set("DeleteSecret", SECRET, &["RestoreSecret SecretId=req.SecretId"])
        .of("secretsmanager")
        .touches(&["DeletedDate"])
        .forever("ForceDeleteWithoutRecovery"),
    set("RotateSecret", SECRET, &["UpdateSecretVersionStage"])
        .of("secretsmanager")
        .class(Partial)
        .code(access::secret_stage_back)
        .lost(&["the password at the other end was changed as well"]),
    set(
        "PutParameter",
        "AWS::SSM::Parameter req.Name",
        &["PutParameter Name=id Type=old.Type Value=old.Value Overwrite=:true"],
    )
    .of("ssm")
    .touches(&["Type"])
    .or_none(&["DeleteParameter Name=id"])
    .code(access::parameter_back)
    .lax()
    .notes(&["GetParameterHistory keeps the last 100 values"]),
    ended(
        "DeleteCertificate",
        "AWS::CertificateManager::Certificate req.CertificateArn",
        &["RequestCertificate DomainName=old.DomainName \
          SubjectAlternativeNames?=old.SubjectAlternativeNames \
          ValidationMethod?=old.DomainValidationOptions[#0].ValidationMethod \
          KeyAlgorithm?=old.KeyAlgorithm"],
    )
    .of("acm")
    .new_id("CertificateArn")
    .lost(&["the certificate's ARN and its keys; it must be validated again"]),
];
