"""IAM, Organizations, KMS, secrets, parameters, certificates."""

import json

from undo_kinds import kind, untried


def policy(effect="Allow", action="s3:GetObject"):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": action, "Resource": "*"}]})


def trust(service="ec2.amazonaws.com"):
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]})


def role(w, name="app"):
    w.iam("CreateRole", RoleName=name, AssumeRolePolicyDocument=trust())
    return name


def user(w):
    w.iam("CreateUser", UserName="alice")
    return "alice"


def group(w):
    w.iam("CreateGroup", GroupName="admins")
    return "admins"


def managed(w, name="reader"):
    return w.iam("CreatePolicy", PolicyName=name, PolicyDocument=policy())["Policy"]["Arn"]


def inline(kind_name, make):
    """Put and delete of an inline policy."""

    def put(w):
        name = {f"{kind_name}Name": make(w), "PolicyName": "p"}
        w.iam(f"Put{kind_name}Policy", PolicyDocument=policy(), **name)
        yield
        w.iam(f"Put{kind_name}Policy", PolicyDocument=policy(action="s3:*"), **name)

    def delete(w):
        name = {f"{kind_name}Name": make(w), "PolicyName": "p"}
        w.iam(f"Put{kind_name}Policy", PolicyDocument=policy(), **name)
        yield
        w.iam(f"Delete{kind_name}Policy", **name)

    kind(f"iam:Put{kind_name}Policy")(put)
    if kind_name != "Group":
        kind(f"iam:Delete{kind_name}Policy")(delete)


def attached(kind_name, make):
    """Attaching and detaching a managed policy."""

    def attach(w):
        name = {f"{kind_name}Name": make(w), "PolicyArn": managed(w)}
        yield
        w.iam(f"Attach{kind_name}Policy", **name)

    def detach(w):
        name = {f"{kind_name}Name": make(w), "PolicyArn": managed(w)}
        w.iam(f"Attach{kind_name}Policy", **name)
        yield
        w.iam(f"Detach{kind_name}Policy", **name)

    if kind_name != "Group":
        kind(f"iam:Attach{kind_name}Policy")(attach)
    kind(f"iam:Detach{kind_name}Policy")(detach)


for name, make in (("Role", role), ("User", user), ("Group", group)):
    inline(name, make)
    attached(name, make)


@kind("iam:RemoveUserFromGroup")
def remove_user(w):
    both = {"UserName": user(w), "GroupName": group(w)}
    w.iam("AddUserToGroup", **both)
    yield
    w.iam("RemoveUserFromGroup", **both)


@kind("iam:CreatePolicyVersion")
def create_policy_version(w):
    made = managed(w)
    yield
    w.iam("CreatePolicyVersion", PolicyArn=made, PolicyDocument=policy(action="s3:*"), SetAsDefault=True)


@kind("iam:SetDefaultPolicyVersion")
def set_default(w):
    made = managed(w)
    w.iam("CreatePolicyVersion", PolicyArn=made, PolicyDocument=policy(action="s3:*"), SetAsDefault=False)
    yield
    w.iam("SetDefaultPolicyVersion", PolicyArn=made, VersionId="v2")


@kind("iam:DeletePolicyVersion")
def delete_policy_version(w):
    made = managed(w)
    w.iam("CreatePolicyVersion", PolicyArn=made, PolicyDocument=policy(action="s3:*"), SetAsDefault=False)
    yield
    w.iam("DeletePolicyVersion", PolicyArn=made, VersionId="v2")


@kind("iam:DeletePolicy")
def delete_policy(w):
    made = managed(w)
    yield
    w.iam("DeletePolicy", PolicyArn=made)


@kind("iam:UpdateAssumeRolePolicy")
def update_trust(w):
    made = role(w)
    yield
    w.iam("UpdateAssumeRolePolicy", RoleName=made, PolicyDocument=trust("lambda.amazonaws.com"))


@kind("iam:DeleteRole")
def delete_role(w):
    made = role(w)
    yield
    w.iam("DeleteRole", RoleName=made)


@kind("iam:PutRolePermissionsBoundary")
def put_boundary(w):
    made, one, other = role(w), managed(w), managed(w, "other")
    w.iam("PutRolePermissionsBoundary", RoleName=made, PermissionsBoundary=one)
    yield
    w.iam("PutRolePermissionsBoundary", RoleName=made, PermissionsBoundary=other)


@kind("iam:DeleteRolePermissionsBoundary")
def delete_boundary(w):
    made = role(w)
    w.iam("PutRolePermissionsBoundary", RoleName=made, PermissionsBoundary=managed(w))
    yield
    w.iam("DeleteRolePermissionsBoundary", RoleName=made)


@kind("iam:UpdateAccessKey", options=("--undo-containment",))
def update_key(w):
    name = user(w)
    key = w.iam("CreateAccessKey", UserName=name)["AccessKey"]["AccessKeyId"]
    w.look("iam", "list_access_keys", UserName=name)
    yield
    w.iam("UpdateAccessKey", UserName=name, AccessKeyId=key, Status="Inactive")


@kind("iam:RemoveRoleFromInstanceProfile")
def remove_role(w):
    both = {"InstanceProfileName": "hosts", "RoleName": role(w)}
    w.iam("CreateInstanceProfile", InstanceProfileName="hosts")
    w.iam("AddRoleToInstanceProfile", **both)
    yield
    w.iam("RemoveRoleFromInstanceProfile", **both)


@kind("iam:DeleteServiceLinkedRole")
def delete_linked(w):
    made = w.iam("CreateServiceLinkedRole", AWSServiceName="autoscaling.amazonaws.com")["Role"]["RoleName"]
    yield
    w.iam("DeleteServiceLinkedRole", RoleName=made)


def organization(w):
    w.call("organizations", "CreateOrganization", FeatureSet="ALL")
    root = w.client("organizations").list_roots()["Roots"][0]["Id"]
    made = w.call("organizations", "CreatePolicy", Name="p", Description="d", Type="SERVICE_CONTROL_POLICY",
                  Content=policy())["Policy"]["PolicySummary"]["Id"]
    unit = w.call("organizations", "CreateOrganizationalUnit", ParentId=root, Name="u")
    w.look("organizations", "list_targets_for_policy", PolicyId=made)
    w.look("organizations", "describe_policy", PolicyId=made)
    return made, unit["OrganizationalUnit"]["Id"]


@kind("organizations:AttachPolicy", options=("--undo-containment",))
def attach_scp(w):
    made, unit = organization(w)
    yield
    w.call("organizations", "AttachPolicy", PolicyId=made, TargetId=unit)


@kind("organizations:DetachPolicy")
def detach_scp(w):
    made, unit = organization(w)
    w.call("organizations", "AttachPolicy", PolicyId=made, TargetId=unit)
    yield
    w.call("organizations", "DetachPolicy", PolicyId=made, TargetId=unit)


@kind("organizations:UpdatePolicy")
def update_scp(w):
    made, _ = organization(w)
    w.call("organizations", "UpdatePolicy", PolicyId=made, Content=policy(action="ec2:*"))
    yield
    w.call("organizations", "UpdatePolicy", PolicyId=made, Content=policy(action="iam:*"))


def key(w):
    made = w.call("kms", "CreateKey", Description="example")["KeyMetadata"]["KeyId"]
    w.look("kms", "describe_key", KeyId=made)
    w.look("kms", "get_key_policy", KeyId=made, PolicyName="default")
    w.look("kms", "list_grants", KeyId=made)
    w.look("kms", "get_key_rotation_status", KeyId=made)
    return made


@kind("kms:DisableKey", options=("--undo-containment",))
def disable_key(w):
    made = key(w)
    yield
    w.call("kms", "DisableKey", KeyId=made)


@kind("kms:EnableKey")
def enable_key(w):
    made = key(w)
    w.call("kms", "DisableKey", KeyId=made)
    yield
    w.call("kms", "EnableKey", KeyId=made)


@kind("kms:ScheduleKeyDeletion", options=("--undo-containment",))
def schedule_key(w):
    made = key(w)
    yield
    w.call("kms", "ScheduleKeyDeletion", KeyId=made, PendingWindowInDays=7)


@kind("kms:PutKeyPolicy")
def put_key_policy(w):
    made = key(w)
    w.call("kms", "PutKeyPolicy", KeyId=made, PolicyName="default", Policy=policy(action="kms:*"))
    yield
    w.call("kms", "PutKeyPolicy", KeyId=made, PolicyName="default", Policy=policy(action="kms:Decrypt"))


@kind("kms:RevokeGrant")
def revoke_grant(w):
    made = key(w)
    grant = w.call("kms", "CreateGrant", KeyId=made, GranteePrincipal="arn:aws:iam::123456789012:role/app",
                   Operations=["Decrypt"])["GrantId"]
    yield
    w.call("kms", "RevokeGrant", KeyId=made, GrantId=grant)


@kind("kms:UpdateAlias")
def update_alias(w):
    one, other = key(w), key(w)
    w.call("kms", "CreateAlias", AliasName="alias/app", TargetKeyId=one)
    yield
    w.call("kms", "UpdateAlias", AliasName="alias/app", TargetKeyId=other)


@kind("kms:DeleteAlias")
def delete_alias(w):
    w.call("kms", "CreateAlias", AliasName="alias/app", TargetKeyId=key(w))
    yield
    w.call("kms", "DeleteAlias", AliasName="alias/app")


@kind("kms:DisableKeyRotation")
def disable_rotation(w):
    made = key(w)
    w.call("kms", "EnableKeyRotation", KeyId=made)
    yield
    w.call("kms", "DisableKeyRotation", KeyId=made)


def secret(w):
    w.call("secretsmanager", "CreateSecret", Name="db", SecretString="one", Description="old")
    w.look("secretsmanager", "describe_secret", SecretId="db")
    w.look("secretsmanager", "get_secret_value", SecretId="db")


def without_versions(w):
    """A secret's value without the versions that were in between."""
    w.call("secretsmanager", "CreateSecret", Name="db", SecretString="one", Description="old")
    client = w.client("secretsmanager")
    w.looks.append(("value", lambda: client.get_secret_value(
        SecretId="db", VersionStage="AWSCURRENT")["SecretString"]))
    w.looks.append(("description", lambda: client.describe_secret(SecretId="db").get("Description")))


@kind("secretsmanager:PutSecretValue")
def put_secret(w):
    without_versions(w)
    yield
    w.call("secretsmanager", "PutSecretValue", SecretId="db", SecretString="two")


@kind("secretsmanager:UpdateSecret",
      deviation="moto refuses the call without a token (ResourceExistsException)")
def update_secret(w):
    without_versions(w)
    yield
    w.call("secretsmanager", "UpdateSecret", SecretId="db", SecretString="two", Description="new")


@kind("secretsmanager:DeleteSecret")
def delete_secret(w):
    secret(w)
    yield
    w.call("secretsmanager", "DeleteSecret", SecretId="db", RecoveryWindowInDays=7)


@kind("ssm:PutParameter", asks="whether there was a parameter, and with which value, is in no record")
def put_parameter(w):
    client = w.client("ssm")

    def value():
        try:
            return client.get_parameter(Name="/app/name")["Parameter"]["Value"]
        except client.exceptions.ParameterNotFound:
            return None

    w.looks.append(("value", value))
    yield
    w.call("ssm", "PutParameter", Name="/app/name", Value="new", Type="String")


@kind("acm:DeleteCertificate")
def delete_certificate(w):
    made = w.call("acm", "RequestCertificate", DomainName="example.com", ValidationMethod="DNS")["CertificateArn"]
    yield
    w.call("acm", "DeleteCertificate", CertificateArn=made)


untried("rotation calls a Lambda function, which needs Docker in moto", "secretsmanager:RotateSecret")
